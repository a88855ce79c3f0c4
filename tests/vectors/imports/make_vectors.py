#!/usr/bin/env python3
"""Makes the files here that are our own (2fauth.json, bitwarden_encrypted_*.json) and expected.json.

An implementation apart from the product's: Python's hashlib and json, the cryptography package, a protobuf reader of
thirty lines. Run it in this folder after changing what is expected; its output is committed.
"""
import base64, hashlib, hmac, json, os, urllib.parse
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt


def entry(issuer, account, kind, algorithm, digits, factor, secret):
    row = {"issuer": issuer, "account": account, "type": kind, "algorithm": algorithm, "digits": digits}
    row["counter" if kind == "hotp" else "period"] = factor
    row["secret"] = secret.rstrip("=")
    return row


# The accounts of Aegis's test data.
DENO = entry("Deno", "Mason", "totp", "SHA1", 6, 30, "4SJHB4GSD43FZBAI7C2HLRJGPQ")
SPDX = entry("SPDX", "James", "totp", "SHA256", 7, 20, "5OM4WOOGPLQEF6UGN3CPEOOLWU")
AIRBNB = entry("Airbnb", "Elijah", "totp", "SHA512", 8, 50, "7ELGJSGXNCCTV3O6LKJWYFV2RA")
ISSUU = entry("Issuu", "James", "hotp", "SHA1", 6, 1, "YOOMIXWS5GN6RTBPUFFWKTW5M4")
CANADA = entry("Air Canada", "Benjamin", "hotp", "SHA256", 7, 50, "KUVJJOM753IHTNDSZVCNKL7GII")
WWE = entry("WWE", "Mason", "hotp", "SHA512", 8, 10300, "5VAML3X35THCEBVRLV24CGBKOY")
BOEING = entry("Boeing", "Sophia", "steam", "SHA1", 5, 30, "JRZCL47CMXVOQMNPZR2F7J4RGI")
ALL = [DENO, SPDX, AIRBNB, ISSUU, CANADA, WWE, BOEING]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def google(path):
    parts = []
    for line in open(path, encoding="utf-8"):
        if not line.startswith("otpauth-migration"):
            continue
        data = urllib.parse.unquote(line.strip().split("data=")[1])
        payload = list(fields(base64.b64decode(data + "=" * (-len(data) % 4))))
        parts.append((dict(payload).get(4, 0), [dict(fields(v)) for k, v in payload if k == 1]))
    rows = []
    for _, accounts in parts:
        for a in accounts:
            name, issuer = a[2].decode(), a.get(3, b"").decode()
            prefix, colon, rest = name.partition(":")
            if colon:
                name, issuer = rest.strip(" "), issuer or prefix.strip(" ")
            hotp = a[6] == 1
            rows.append(entry(issuer, name, "hotp" if hotp else "totp", {1: "SHA1", 2: "SHA256", 3: "SHA512"}[a[4]],
                              {1: 6, 2: 8}[a[5]], a.get(7, 0) if hotp else 30, base64.b32encode(a[1]).decode()))
    return rows


def check_encrypted_originals():
    file = json.load(open("aegis_encrypted.json"))
    slot, unhex = file["header"]["slots"][0], bytes.fromhex
    key = Scrypt(salt=unhex(slot["salt"]), length=32, n=slot["n"], r=slot["r"], p=slot["p"]).derive(b"test")
    master = AESGCM(key).decrypt(unhex(slot["key_params"]["nonce"]), unhex(slot["key"] + slot["key_params"]["tag"]), None)
    seal = file["header"]["params"]
    plain = AESGCM(master).decrypt(unhex(seal["nonce"]), base64.b64decode(file["db"]) + unhex(seal["tag"]), None)
    assert [e["info"]["secret"] for e in json.loads(plain)["entries"]] == [e["secret"] for e in ALL]
    data, salt, nonce = map(base64.b64decode, json.load(open("twofas_encrypted_v2.2fas"))["servicesEncrypted"].split(":"))
    AESGCM(hashlib.pbkdf2_hmac("sha256", b"test", salt, 10000, 32)).decrypt(nonce, data, None)


def bitwarden_encrypted(path, password, kdf):
    salt = base64.b64encode(os.urandom(16)).decode()
    if kdf == "pbkdf2":
        head = {"kdfType": 0, "kdfIterations": 100000}
        key = hashlib.pbkdf2_hmac("sha256", password, salt.encode(), 100000, 32)
    else:
        head = {"kdfType": 1, "kdfIterations": 3, "kdfMemory": 16, "kdfParallelism": 4}
        key = Argon2id(salt=hashlib.sha256(salt.encode()).digest(), length=32, iterations=3, lanes=4,
                       memory_cost=16 * 1024).derive(password)
    expand = lambda info: hmac.new(key, info + b"\x01", hashlib.sha256).digest()

    def seal(text):
        iv, pad = os.urandom(16), 16 - len(text) % 16
        encryptor = Cipher(algorithms.AES(expand(b"enc")), modes.CBC(iv)).encryptor()
        sealed = encryptor.update(text + bytes([pad]) * pad) + encryptor.finalize()
        mac = hmac.new(expand(b"mac"), iv + sealed, hashlib.sha256).digest()
        return "2." + "|".join(base64.b64encode(b).decode() for b in (iv, sealed, mac))

    vault = open("bitwarden.json", "rb").read()
    file = {"encrypted": True, "passwordProtected": True, "salt": salt, **head,
            "encKeyValidation_DO_NOT_EDIT": seal(b"9f6d2a3e-0000-4000-8000-1c5d00000000"), "data": seal(vault)}
    json.dump(file, open(path, "w"), indent=2)


def two_fauth(path):
    rows = [{"otp_type": "steamtotp" if e["type"] == "steam" else e["type"], "account": e["account"],
             "service": e["issuer"], "icon": None, "icon_mime": None, "icon_file": None,
             "secret": e["secret"] + "=" * (-len(e["secret"]) % 8), "digits": e["digits"],
             "algorithm": e["algorithm"].lower(), "period": e.get("period"), "counter": e.get("counter"),
             "legacy_uri": f"otpauth://{e['type']}/x?secret={e['secret']}"} for e in ALL]
    json.dump({"app": "2fauth_v5.4.3", "schema": 1, "datetime": "2026-11-24T08:00:00.000000Z", "data": rows},
              open(path, "w"), indent=2)


def main():
    check_encrypted_originals()
    if not os.path.exists("bitwarden_encrypted_pbkdf2.json"):
        bitwarden_encrypted("bitwarden_encrypted_pbkdf2.json", b"correct horse", "pbkdf2")
        bitwarden_encrypted("bitwarden_encrypted_argon2id.json", b"correct horse", "argon2id")
    two_fauth("2fauth.json")
    json.dump([line.strip() for line in open("otpauth_list.txt")], open("otpauth_list.json", "w"), indent=2)
    bitwarden = [DENO, SPDX, AIRBNB, {**BOEING, "issuer": "Test Steam", "account": ""}]
    untyped = [DENO, AIRBNB, entry("Issuu", "James", "totp", "SHA1", 6, 30, ISSUU["secret"]),
               entry("WWE", "Mason", "totp", "SHA512", 8, 30, WWE["secret"])]
    files = [("aegis_plain.json", "aegis", None, ALL), ("aegis_encrypted.json", "aegis", "test", ALL),
             ("aegis_plain_grouped_v2.json", "aegis", None, ALL),
             ("otpauth_list.txt", "otpauth", None, ALL), ("otpauth_list.json", "otpauth", None, ALL),
             ("2fauth.json", "2fauth", None, ALL),
             ("twofas_plain_v4.2fas", "2fas", None, [DENO, ISSUU, CANADA, WWE, BOEING]),
             ("twofas_plain_v1.json", "2fas", None, [DENO, entry("SPDX", "James", "totp", "SHA1", 6, 30, SPDX["secret"])]),
             ("twofas_encrypted_v2.2fas", "2fas", "test", untyped),
             ("bitwarden.json", "bitwarden", None, bitwarden),
             ("bitwarden_encrypted_pbkdf2.json", "bitwarden", "correct horse", bitwarden),
             ("bitwarden_encrypted_argon2id.json", "bitwarden", "correct horse", bitwarden)]
    files += [(name, "google", None, google(name)) for name in sorted(os.listdir("."))
              if name.startswith("google_") and "of2" not in name]
    expected = [{"file": f, "format": kind, "password": password, "entries": rows} for f, kind, password, rows in files]
    json.dump(expected, open("expected.json", "w"), indent=1, ensure_ascii=False)


if __name__ == "__main__":
    main()
