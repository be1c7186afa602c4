// Elements out of plain values. Text only ever becomes text: nothing here parses HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element. Names that begin with "on" become handlers, null and false leave an attribute out. */
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** An SVG element. */
export function s(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter(present).map(text));
  return element;
}

const present = (child) => child !== null && child !== undefined && child !== false;
const text = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

/** Makes an element's content like what is given, and keeps what is the same: focus, scroll and selection stay. */
export function show(element, ...children) {
  const fresh = element.cloneNode(false);
  fresh.append(...children.flat(Infinity).filter(present).map(text));
  morphChildren(element, fresh);
}

const keyOf = (node) => (node.nodeType === Node.ELEMENT_NODE ? node.getAttribute("data-key") : null);

function morph(old, fresh) {
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  if (!old.hasAttribute("data-own")) morphChildren(old, fresh);
}

function morphAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const handler of ["onclick", "onchange", "onsubmit"]) if (old[handler] !== fresh[handler]) old[handler] = fresh[handler];
}

function morphChildren(old, fresh) {
  const keyed = new Map([...old.childNodes].map((child) => [keyOf(child), child]).filter(([key]) => key));
  const wanted = new Set([...fresh.childNodes].map(keyOf));
  for (const [key, child] of keyed) if (!wanted.has(key)) child.remove();
  let place = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const match = keyOf(next) ? keyed.get(keyOf(next)) : place && !keyOf(place) ? place : null;
    if (!match || match.nodeName !== next.nodeName) {
      old.insertBefore(next, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    morph(match, next);
  }
  while (place) {
    const after = place.nextSibling;
    place.remove();
    place = after;
  }
}
