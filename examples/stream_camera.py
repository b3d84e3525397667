"""Stream a film, a camera (0, 1, ...) or a URL: ``python stream_camera.py SOURCE HOST:PORT games/G/cameras/C``."""

import asyncio
import sys

import courtside


def show(report: courtside.StreamReport) -> None:
    print(f"{report.state}: {report.sent} packets sent, {report.acked} processed, {1000 * report.lag:.0f} ms behind")


async def main(source: str, address: str, camera: str) -> None:
    async with courtside.connect(address) as client:
        report = await client.stream(source, camera, courtside.StreamOptions(retry_for=10), show)
    print("everything was processed" if report.complete else f"incomplete: {report.problems}")


asyncio.run(main(*sys.argv[1:]))
