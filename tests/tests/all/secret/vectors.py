"""Writes vectors.json: secrets encrypted by Python's `cryptography`, for a session whose id is the bytes 0 to 31.

    python3 tests/tests/all/secret/vectors.py > tests/tests/all/secret/vectors.json
"""

import base64
import hashlib
import json

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ID = bytes(range(32))
VECTORS = [
    ("token", {"S": "abc"}),
    ("token", {"S": ""}),
    ("token", {"S": 'quoted "\\ \u0000 and \u00e9\u4e16\U0001f511'}),
    ("tokens", {"M": {
        "access": {"S": "eyJhbGciOiJSUzI1NiJ9"},
        "refresh": {"NULL": True},
        "expires": {"N": "1800003600"},
        "scopes": {"L": [{"S": "openid"}]},
        "claims": {"M": {"email": {"S": "ada@example.org"}}},
    }}),
    ("key", {"B": base64.b64encode(bytes(range(200, 256))).decode()}),
    ("pin", {"N": "271828182"}),
    ("token", {"S": "x" * 5000}),
]


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def main():
    text = base64url(ID)
    table_key = "account#" + base64url(hashlib.sha256(text.encode()).digest())
    key = HKDF(SHA256(), 32, salt=None, info=b"dynamo-session secret v1").derive(ID)
    vectors = []
    for number, (attribute, value) in enumerate(VECTORS):
        nonce = hashlib.sha256(b"nonce %d" % number).digest()[:12]
        plaintext = json.dumps(value, ensure_ascii=number % 2 == 0).encode()
        associated = table_key.encode() + b"\0" + attribute.encode()
        stored = b"\x01" + nonce + AESGCM(key).encrypt(nonce, plaintext, associated)
        vectors.append({
            "attribute": attribute,
            "value": value,
            "stored": base64.b64encode(stored).decode(),
        })
    print(json.dumps({"id": text, "table_key": table_key, "vectors": vectors}, indent=1))


main()
