"""Lists over their pages, and event streams over broken connections, against a server that answers as a node would."""

import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from lemma import Client
from lemma.errors import LemmaError


class Node(BaseHTTPRequestHandler):
    """Answers with what `answer` of the server makes of a request, and notes what it was asked."""

    def do_GET(self):
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        self.server.asked.append((url.path, query, self.headers.get("last-event-id", "")))
        status, body = self.server.answer(url.path, query)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


def told(event, id=""):
    return f"event: {event}\ndata: {json.dumps({'event': event})}\n" + (f"id: {id}\n" if id else "") + "\n"


class Asking(unittest.TestCase):
    def setUp(self):
        self.node = ThreadingHTTPServer(("127.0.0.1", 0), Node)
        self.node.asked = []
        threading.Thread(target=self.node.serve_forever, daemon=True).start()
        self.addCleanup(self.node.server_close)
        self.addCleanup(self.node.shutdown)
        self.client = Client(f"http://127.0.0.1:{self.node.server_port}", "")
        self.addCleanup(self.client.http.close)

    def test_every_list_is_read_to_its_end(self):
        def pages(path, query):
            first = int(query.get("cursor", 0))
            following = str(first + 2) if first < 4 else None
            return 200, json.dumps({path.rsplit("/")[-1]: [first, first + 1], "next": following})

        self.node.answer = pages
        lists = {
            "/v1/workloads": self.client.workloads(), "/v1/programs": self.client.programs(), "/v1/accounts": self.client.accounts(),
            "/v1/transactions": self.client.transactions(kind="run"), "/v1/blocks": self.client.blocks(),
            f"/v1/accounts/{'07' * 32}/movements": self.client.movements(bytes([7] * 32), cause="refund"),
        }
        for path, listed in lists.items():
            with self.subTest(path):
                self.assertEqual(list(listed), [0, 1, 2, 3, 4, 5])
                self.assertEqual([(it[0], it[1].get("cursor")) for it in self.node.asked], [(path, None), (path, "2"), (path, "4")])
                self.node.asked.clear()
        list(self.client.workloads(state="queued", account=bytes([1] * 32), since=0, until=9))
        expected = {"state": "queued", "account": "01" * 32, "from": "0", "to": "9", "limit": "100", "cursor": "2"}
        self.assertEqual(self.node.asked[1][1], expected)

    def test_only_the_pages_that_are_wanted_are_asked_for_and_no_page_for_ever(self):
        self.node.answer = lambda path, query: (200, json.dumps({"blocks": [1], "next": "same"}))
        self.assertEqual(next(self.client.blocks()), 1)
        self.assertEqual(len(self.node.asked), 1)
        self.assertEqual(list(self.client.blocks()), [1, 1])

    def heard(self, streams, **asked):
        """What is heard of these streams, one after the other, until the node refuses to go on."""
        refusal = 400, json.dumps({"code": "bad-request", "detail": "no more", "hint": ""})
        self.node.answer = lambda path, query: (200, streams.pop(0)) if streams else refusal
        found = []
        with self.assertRaises(LemmaError) as refused:
            for event, id in self.client.events(**asked):
                found.append((event["event"], id))
        self.assertEqual(refused.exception.code, "bad-request")
        return found

    def test_a_stream_that_breaks_goes_on_after_the_last_event_of_the_chain(self):
        streams = [told("block", "3-1") + told("pending"), told("gap") + told("block", "9-0") + told("lagged"), told("block", "10-0")]
        events = self.heard(streams, prover=bytes([7] * 32), after="2-5")
        self.assertEqual(events, [("block", "3-1"), ("pending", "3-1"), ("gap", "3-1"), ("block", "9-0"), ("block", "10-0")])
        self.assertEqual([after for _, _, after in self.node.asked], ["2-5", "3-1", "9-0", "10-0"])
        self.assertTrue(all(query == {"prover": "07" * 32} for _, query, _ in self.node.asked))

    def test_who_has_heard_of_no_place_is_told_of_the_gap(self):
        events = self.heard([told("pending"), told("block", "4-0")])
        self.assertEqual(events, [("pending", ""), ("gap", ""), ("block", "4-0")])


if __name__ == "__main__":
    unittest.main()
