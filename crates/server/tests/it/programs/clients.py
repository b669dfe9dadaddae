"""Asks the API by clients from PyPI, and prints what each was answered as a line of JSON.

clients.py BASE SID KEY TOKEN CLIENT METHOD [ARGUMENT…]
"""

import json
import sys

import exotel
import exotelpy
import pyexotel


def exotel_client(base, sid, _key, token):
    """This one signs in by the account and a token."""
    return exotel.Exotel(sid, token, baseurl=base + "/")


def exotelpy_client(base, sid, key, token):
    return exotelpy.Exotel(sid, key, token, baseurl=base)


def pyexotel_client(base, sid, key, token):
    """This one speaks TLS only, to a host that it is told."""
    return pyexotel.Exotel(key, token, sid, domain=base.removeprefix("https://"))


CLIENTS = {"exotel": exotel_client, "exotelpy": exotelpy_client, "pyexotel": pyexotel_client}

base, sid, key, token, client, method, *arguments = sys.argv[1:]
answer = getattr(CLIENTS[client](base, sid, key, token), method)(*arguments)
if hasattr(answer, "json"):
    answer = answer.json()
print(json.dumps(answer))
