"""The integration with Interactive Brokers, on `ib_insync` 0.9.86.

`ib_insync` imports `eventkit`, which asks for the importing thread's event loop while it loads: without one that
fails in a thread and leaves an unclosed loop behind in the main thread. So it's loaded here, before any module of this
package can import it, in a thread that has a loop for as long as that takes.
"""

from __future__ import annotations

import asyncio
import importlib
import threading


def _load_library() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        importlib.import_module("ib_insync")
    finally:
        loop.close()


_loading = threading.Thread(target=_load_library, name="load-ib-insync")
_loading.start()
_loading.join()
