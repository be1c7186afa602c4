"""Opens many event streams of one node and counts what they hear: `event-streams.py HOST:PORT COUNT`, until SIGTERM."""

import asyncio
import json
import resource
import signal
import sys


async def listen(host, port, heard, opened):
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(f"GET /v1/events HTTP/1.1\r\nhost: {host}\r\naccept: text/event-stream\r\n\r\n".encode())
    status = await reader.readline()
    if b" 200 " not in status:
        heard["refused"] += 1
        return
    opened()
    try:
        async for line in reader:
            if line.startswith(b"event:"):
                name = line[6:].strip().decode()
                heard["events"] += 1
                heard["blocks"] += name == "block"
                heard["lagged"] += name == "lagged"
        heard["closed"] += 1
    finally:
        writer.close()


async def main():
    host, port = sys.argv[1].rsplit(":", 1)
    count = int(sys.argv[2])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    heard = {"events": 0, "blocks": 0, "lagged": 0, "closed": 0, "refused": 0}
    open_streams = 0

    def opened():
        nonlocal open_streams
        open_streams += 1
        if open_streams == count:
            print(f"{count} event streams are open", flush=True)

    tasks = [asyncio.create_task(listen(host, int(port), heard, opened)) for _ in range(count)]
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: [task.cancel() for task in tasks])
    results = await asyncio.gather(*tasks, return_exceptions=True)
    heard["failed"] = sum(isinstance(it, OSError) for it in results)
    print("streams: " + json.dumps(heard), flush=True)


asyncio.run(main())
