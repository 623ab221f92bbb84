"""moto's server, with RSA keys for its KMS that were made before it serves, as AWS has them: making one takes seconds, in which the
server answers nobody. Run by the Python that has moto: the folder that keeps the keys, then arguments of moto's server.
"""

import itertools
import pathlib
import sys

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.kms import utils
from moto.server import main

SIZES = [2048, 4096]
# More than are made of one size while a platform makes its own: no platform gets a key twice.
KEYS_OF_A_SIZE = 8


class Prepared:
    """Stands where moto's KMS makes RSA keys."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.keys = {size: itertools.cycle(prepare(folder, size)) for size in SIZES}

    def generate_private_key(self, public_exponent, key_size):
        if key_size in self.keys:
            return next(self.keys[key_size])
        return rsa.generate_private_key(public_exponent, key_size)


def prepare(folder, size):
    return [load_or_make(folder / f"{size}-{number}.pem", size) for number in range(KEYS_OF_A_SIZE)]


def load_or_make(path, size):
    if path.exists():
        return serialization.load_pem_private_key(path.read_bytes(), None)
    key = rsa.generate_private_key(65537, size)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    whole = path.with_suffix(".new")
    whole.write_bytes(pem)
    whole.replace(path)
    return key


if __name__ == "__main__":
    utils.rsa = Prepared(pathlib.Path(sys.argv.pop(1)))
    main()
