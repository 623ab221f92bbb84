"""Who sends the requests: the administrator, and where a request would end an account, somebody who registers for it.

Every request is signed in for anew, since the one before may have ended all sessions.
"""

import itertools
import json
import os
import secrets
import urllib.error
import urllib.request

import schemathesis

BASE = os.environ["BASE_URL"]
DIALECT = os.environ["DIALECT"]
ADMIN = ("admin@example.com", os.environ["ADMIN_PASSWORD"])
ADMIN_IDS = os.environ["ADMIN_IDS"].split(",")
PROJECT = "a69a31e9-f2e6-4d5f-b080-6138c6a721b7"
# What changes or ends the account of whoever asks.
OF_ONESELF = {
    ("DELETE", "/user-service/{v}/users/user"),
    ("POST", "/user-service/{v}/users/profile"),
    ("PUT", "/security/api/v1/totp"),
    ("POST", "/security/api/v1/totp"),
    ("DELETE", "/security/api/v1/totp"),
    ("PUT", "/identify/v1/user"),
    ("PUT", "/identify/v1/user/change-password"),
    ("POST", "/rbac/users/reset_password"),
}

number = itertools.count(1)


def ask(method, path, body):
    """The headers and the body of an answer."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(BASE + path, json.dumps(body).encode(), headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        raise RuntimeError(f"{method} {path}: {refusal.code}: {refusal.read().decode()}") from None


def register():
    """Address and password of a new account."""
    account = (f"person-{next(number)}-{secrets.token_hex(4)}@example.com", "violet tractor sings at dawn")
    ask("POST", "/user-service/v1/users/register", {"email": account[0], "password": account[1]})
    return account


def sign_in(email, password):
    """What proves this account in the dialect, as a header."""
    if DIALECT == "session":
        headers, _ = ask("POST", "/session/login", {"login": email, "password": password})
        return "Cookie", headers["Set-Cookie"].split(";")[0]
    if DIALECT == "user-service":
        _, body = ask("POST", "/user-service/v1/users/login", {"email": email, "password": password})
        token = body["accessToken"]
    elif DIALECT == "security":
        _, body = ask("POST", "/security/api/v1/oauth2", {"userId": email, "password": password})
        token = body["access_token"]
    elif DIALECT == "rbac":
        _, body = ask("POST", "/rbac/auth/authenticate", {"email": email, "password": password})
        token = body["token"]
    else:
        envelope = {"projectId": PROJECT, "strategy": "email", "provider": "awsCognito"}
        sent = envelope | {"data": {"email": email, "password": password}}
        _, body = ask("PUT", "/identify/v1/user/login", sent)
        token = body["data"]["accessToken"]
    return "Authorization", f"Bearer {token}"


@schemathesis.auth(refresh_interval=None)
class Caller:
    """Signs in for each request."""

    def get(self, case, _context):
        ends = (case.operation.method.upper(), case.operation.path) in OF_ONESELF
        return sign_in(*(register() if ends else ADMIN))

    def set(self, case, proof, _context):
        name, value = proof
        case.headers[name] = value


@schemathesis.hook
def filter_case(_context, case):
    """Without requests that would take the administrator's own rights."""
    wanted = (case.path_parameters or {}).get("id")
    return case.operation.method.upper() == "GET" or str(wanted) not in ADMIN_IDS
