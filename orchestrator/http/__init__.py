"""How this project listens for HTTP: an ASGI app on a thread, with bounds on what a caller may take of it.

In: an ASGI app and a bound socket. Out: answers, by uvicorn. Nothing here knows what is served.
"""
