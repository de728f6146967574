"""The name of a secret in, the secret out: from the environment or the system's keyring, never from a file.

A secret that was read is known to `series.masking` from then on: no message, log or report shows it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from series.errors import GeneratorError
from series.generators.generator import Failed, FailureKind
from series.masking import never_show

SERVICE = "series-consistency"
"""Under which the keyring knows the secrets: `keyring set series-consistency OPENAI_API_KEY`."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A key or token. Its text form hides it."""

    name: str
    """Environment variable, and user name in the keyring: "OPENAI_API_KEY"."""
    value: str = field(repr=False)

    def __str__(self) -> str:
        """Its name alone."""
        return f"<{self.name}>"


def find_secret(name: str) -> Secret | None:
    """The secret of this name: the environment's, else the keyring's where `keyring` is installed."""
    value = os.environ.get(name, "").strip() or _from_keyring(name)
    if not value:
        return None
    never_show(value)
    return Secret(name, value)


def need_secrets(names: Sequence[str], owner: str) -> tuple[Secret, ...]:
    """Several secrets. Raises GeneratorError as `need_secret` does, naming every one that is not set."""
    lacking = [name for name in names if find_secret(name) is None]
    if len(lacking) < 2:
        return tuple(need_secret(name, owner) for name in names)
    raise GeneratorError(
        f"{owner} needs {' and '.join(lacking)}: set them in the environment (export {lacking[0]}=…), or "
        f'keep them in the system\'s keyring (pip install "series-consistency[keyring]", then keyring set '
        f"{SERVICE} {lacking[0]}, and so on)"
    )


def refused_key(failed: Failed, owner: str, *names: str) -> Failed:
    """The failure as it is; where the key was refused, with the variables to look at in its reason. names:
    none for a service without a key."""
    if failed.kind is not FailureKind.AUTH or not names:
        return failed
    return replace(failed, reason=f"{owner} refused the key ({failed.reason}): check {' and '.join(names)}")


def need_secret(name: str, owner: str) -> Secret:
    """The secret of this name, fit for a header. owner: who wants it, for the message: "generator openai".
    Raises GeneratorError with the two ways to give it, and for one that holds what no key has."""
    found = find_secret(name)
    if found is None:
        raise GeneratorError(
            f"{owner} needs {name}: set it in the environment (export {name}=…), or keep it in the system's "
            f'keyring (pip install "series-consistency[keyring]", then keyring set {SERVICE} {name})'
        )
    if not (found.value.isascii() and found.value.isprintable()):
        # A client of HTTP would refuse it too, and repeat it while it does.
        raise GeneratorError(
            f"{owner}: {name} has a line break or a sign in it that no key has: copy it once more, and "
            "set it again"
        )
    return found


def _from_keyring(name: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return (keyring.get_password(SERVICE, name) or "").strip()
    except KeyringError:  # locked, or no keyring on this machine: as if it held nothing
        return ""
