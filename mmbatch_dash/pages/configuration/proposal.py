"""A change that another page proposes in the address: `?set=ckpt.queues.align.ckptInterval=46m`."""

from typing import Any
from urllib.parse import parse_qs

from mmbatch_dash.domain.config import KEYS, from_text
from mmbatch_dash.domain.config.controls import Kind
from mmbatch_dash.pages.configuration.form import Form, form_value


def propose(search: str | None, form: Form) -> Form:
    """The form with what the address proposes filled in; nothing is saved.

    A key whose values users name is proposed a value of one of them, the rest of it stays. What names no key is left
    out; what is wrong with a value is said by its field, as if it were typed.

    Args:
        search: the query string.
        form: what controls hold.
    """
    filled = dict(form)
    for text in parse_qs((search or "").removeprefix("?")).get("set", []):
        path, sign, value = text.rpartition("=")
        name = next((key for key in KEYS if path == key or path.startswith(f"{key}.")), None)
        if not sign or name is None:
            continue
        if KEYS[name].kind is Kind.TREE:
            filled[name] = _with_entry(name, filled[name], path[len(name) + 1 :], value)
        elif KEYS[name].kind not in (Kind.BOOL, Kind.MAP) and path == name:
            filled[name] = value
    return filled


def _with_entry(name: str, held: Any, path: str, value: str) -> Any:
    entry, dot, inner = path.rpartition(".")
    if not dot:
        return held
    tree = from_text(KEYS[name], str(held or ""))
    if not isinstance(tree, dict) or not isinstance(tree.get(entry, {}), dict):
        return held
    return form_value(KEYS[name], {**tree, entry: {**tree.get(entry, {}), inner: value}})
