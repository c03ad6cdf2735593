"""Between the sockets and the application: how connections come in, how their bytes become messages.

listening.py   opens the sockets          door.py        lets connections in one by one
http.py        requests, by their bytes   turnstile.py   what is costly about them, one by one
framing.py     the websocket's frames     handing.py     to whom what they hold goes
handshake.py   what is said to a handshake that is none
shortcut.py    to a session, and back, without waking a task
pace.py        when a session's socket is read
leaving.py     sessions that are lost together end one after the other

    socket ──▶ door ──▶ http ──▶ turnstile ──▶ framing, which is a handing ──┬─ shortcut ──────▶ session
                          └──▶ requests                                      └─ ASGI's events ──▶ connection

A socket is read unless somebody has paused that, who alone goes on: http, while a handshake waits for its
turn; handing, while not all is taken that was read, or pace has it hold; framing, between two looks for a
goodbye.
"""
