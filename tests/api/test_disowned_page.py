"""The page of what is disowned: nothing is done before what it changes was shown."""

import json
from typing import Any

from tests.api.conftest import Server, event, worked_example


def dependency(server: Server, output: str) -> Any:
    known = server.client.get("/_dash-dependencies").json
    return next(one for one in known if one["output"].startswith(f"..{output}"))


def call(server: Server, output: str, changed: str, **values: Any) -> Any:
    """What a callback answers, by its first output."""
    one = dependency(server, output)

    def given(ids: list[dict[str, str]]) -> list[dict[str, Any]]:
        return [{**each, "value": values.get(each["id"].replace("-", "_"))} for each in ids]

    names = [each.rpartition(".") for each in one["output"].strip(".").split("...")]
    body = {
        "output": one["output"],
        "outputs": [{"id": name, "property": prop} for name, _, prop in names],
        "inputs": given(one["inputs"]),
        "state": given(one["state"]),
        "changedPropIds": [changed],
    }
    answer = server.client.post("/_dash-update-component", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json["response"]


def test_what_it_changes_is_shown_then_done_then_taken_back(server: Server) -> None:
    server.send([*worked_example(), {**event("job.succeeded", 5, job_id="x"), "source": "bad/one"}])
    shown = call(server, "disown-foreseen.children...disown-wish", "disown-foresee.n_clicks", disown_source="bad/*")
    text = json.dumps(shown["disown-foreseen"]["children"])
    assert "Leaving out source bad/*: 1 entry of the journal." in text
    assert shown["disown-do"]["disabled"] is False
    assert server.services.disowning.all() == ()

    wish = shown["disown-wish"]["data"]
    done = call(server, "disown-foreseen.children@", "disown-do.n_clicks", disown_wish=wish)
    assert done["disown-done"]["data"] == 1
    server.fold()
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 1

    back = call(server, "disown-foreseen.children...disown-wish", "disown-foresee-undo.n_clicks", disowned_list=0)
    assert "Taking back source bad/*" in json.dumps(back["disown-foreseen"]["children"])
    call(server, "disown-foreseen.children@", "disown-do.n_clicks", disown_wish=back["disown-wish"]["data"])
    server.fold()
    assert server.get("/api/v1/summary")["figures"]["total_jobs"] == 2


def test_nobody_named_and_nothing_chosen_are_said_and_nothing_can_be_done(server: Server) -> None:
    nobody = call(server, "disown-foreseen.children...disown-wish", "disown-foresee.n_clicks")
    assert "Say whose entries" in json.dumps(nobody["disown-foreseen"]["children"])
    nothing = call(server, "disown-foreseen.children...disown-wish", "disown-foresee-undo.n_clicks")
    assert "Choose what to take back." in json.dumps(nothing["disown-foreseen"]["children"])
    assert nothing["disown-do"]["disabled"] is True
