//! A file as a flat list of tokens, macro arguments included.

use std::ops::Range;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::Lit;

/// A word, a sign (`::` is one), a delimiter or a literal.
#[derive(Debug)]
pub struct Token {
    /// As written.
    pub text: String,
    /// From 1.
    pub line: usize,
    /// Its place in the file, in bytes.
    pub bytes: Range<usize>,
    /// Whether it is a literal with a fraction, an exponent or a float's suffix.
    pub float: bool,
}

/// Takes a file apart; nothing if it is no Rust.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut flat = Vec::new();
    if let Ok(stream) = text.parse::<TokenStream>() {
        flatten(stream, &mut flat);
    }
    flat
}

fn flatten(stream: TokenStream, flat: &mut Vec<Token>) {
    let mut joint = false;
    for tree in stream {
        let colon = matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ':');
        match tree {
            TokenTree::Punct(_) if colon && joint => {
                if let Some(first) = flat.last_mut() {
                    first.text.push(':');
                }
                joint = false;
                continue;
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                flat.push(token(open.into(), group.span_open(), false));
                flatten(group.stream(), flat);
                flat.push(token(close.into(), group.span_close(), false));
            }
            TokenTree::Literal(ref literal) => {
                let field = flat.last().is_some_and(|last| last.text == ".");
                let float = !field && is_float(&Lit::new(literal.clone()));
                flat.push(token(literal.to_string(), literal.span(), float));
            }
            TokenTree::Ident(ref word) => flat.push(token(word.to_string(), word.span(), false)),
            TokenTree::Punct(ref punct) => {
                joint = colon && punct.spacing() == Spacing::Joint;
                flat.push(token(punct.as_char().to_string(), punct.span(), false));
                continue;
            }
        }
        joint = false;
    }
}

fn is_float(literal: &Lit) -> bool {
    match literal {
        Lit::Float(_) => true,
        Lit::Int(number) => number.suffix().starts_with('f'),
        _ => false,
    }
}

fn token(text: String, span: proc_macro2::Span, float: bool) -> Token {
    Token { text, line: span.start().line, bytes: span.byte_range(), float }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_signs_and_lines() {
        let flat = tokens("use a::b;\nassert!(x.unwrap());");
        let texts: Vec<&str> = flat.iter().map(|token| token.text.as_str()).collect();
        assert_eq!(texts, ["use", "a", "::", "b", ";", "assert", "!", "(", "x", ".", "unwrap", "(", ")", ")", ";"]);
        assert_eq!((flat[0].line, flat[5].line), (1, 2));
    }

    #[test]
    fn tells_floats_from_fields_and_ranges() {
        let floats = |text: &str| tokens(text).iter().filter(|token| token.float).count();
        assert_eq!([floats("1.5"), floats("1e3"), floats("2f64"), floats("1.")], [1, 1, 1, 1]);
        assert_eq!([floats("pair.0.1"), floats("0..1"), floats("0x1e3"), floats("\"1.5\"")], [0, 0, 0, 0]);
    }
}
