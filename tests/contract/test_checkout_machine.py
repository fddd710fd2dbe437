"""The checkout machine as deployed: each failure undoes exactly the earlier steps, newest first.

B118, B119; section 7 of the specification.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from jsonata import Jsonata

from shop.api import Api
from shop.errors import Transient
from tests.kit import app_of, template
from tests.proof.machine import definition

MACHINE = definition()
STATES: dict[str, Any] = MACHINE["States"]
# Each step with its undo; a step without one of its own is undone by the one of the last step before it that has one.
UNDO_OF = {
    "LockCart": "UnlockCart",
    "HoldDiscounts": "ReleaseDiscounts",
    "ReserveStock": "ReleaseStock",
    "ChargePayment": "ReversePayment",
    "SuspendCheckout": "CancelOrder",  # nothing may come of the wait any more
    "CreateOrder": "CancelOrder",
    "ConfirmOrder": "CancelOrder",
}
UNDOS = ["CancelOrder", "ReversePayment", "ReleaseStock", "ReleaseDiscounts", "UnlockCart"]
INFRASTRUCTURE = {
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",  # the function died
    "Sandbox.Timedout",  # or was ended
    "States.Timeout",
}


def chain(start: str) -> list[str]:
    """The states from here on when all goes well; after a choice, the way of a payment that succeeded."""
    found = [start]
    while (state := STATES[found[-1]]).get("Next") or state["Type"] == "Choice":
        ways = [way["Next"] for way in state.get("Choices", [])]
        found.append(state.get("Next") or next(way for way in ways if way in ("LockCart", "CreateOrder")))
    return found


HAPPY = chain("Mode")
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
STEPS = [name for name in HAPPY if name in TASKS]


def test_it_starts_where_it_says_and_every_way_leads_somewhere() -> None:
    ways = {MACHINE["StartAt"]}
    for state in STATES.values():
        ways |= {state[key] for key in ("Next", "Default") if key in state}
        ways |= {way["Next"] for key in ("Choices", "Catch") for way in state.get(key, [])}
        ends = state.get("End") or state["Type"] in ("Succeed", "Fail") or state["Type"] == "Choice"
        assert ends != ("Next" in state)
    assert ways == set(STATES)
    assert (MACHINE["QueryLanguage"], MACHINE["TimeoutSeconds"]) == ("JSONata", 7200)


def test_the_happy_path_costs_at_most_fourteen_transitions() -> None:
    assert len(HAPPY) <= 14
    assert HAPPY[-1] == "SendConfirmation"


@pytest.mark.parametrize("failing", [*STEPS[:-1], "SuspendCheckout"])
def test_a_failing_step_undoes_itself_and_all_earlier_ones_newest_first(failing: str) -> None:
    (catch,) = STATES[failing]["Catch"]
    assert catch["ErrorEquals"] == ["States.ALL"]
    assert catch["Assign"]["failure"]["stage"] == failing
    done = HAPPY if failing in HAPPY else [*HAPPY[: HAPPY.index("PaymentOutcome")], failing]
    begun = done[: done.index(failing) + 1]
    undone = list(dict.fromkeys(UNDO_OF[step] for step in reversed(begun) if step in UNDO_OF))
    assert chain(catch["Next"]) == [*undone, "FailCheckout", "CheckoutFailed"]


def test_a_compensation_undoes_everything() -> None:
    assert chain(STATES["Mode"]["Default"]) == [*UNDOS, "FailCheckout", "CheckoutFailed"]
    assert chain(STATES["PaymentOutcome"]["Default"]) == [*UNDOS[1:], "FailCheckout", "CheckoutFailed"]


@pytest.mark.parametrize("undo", UNDOS)
def test_a_stuck_undo_is_noted_and_holds_up_nobody(undo: str) -> None:
    state = STATES[undo]
    (catch,) = state["Catch"]
    assert (catch["ErrorEquals"], catch["Next"]) == (["States.ALL"], state["Next"])
    assert f"'step': '{undo}'" in catch["Assign"]["stuck"]
    assert [rule["ErrorEquals"] for rule in state["Retry"]] == [["States.ALL"]]


@pytest.mark.parametrize("step", [name for name in TASKS if name not in [*UNDOS, "FailCheckout"]])
def test_a_refusal_is_never_retried(step: str) -> None:
    for rule in STATES[step]["Retry"]:
        assert set(rule["ErrorEquals"]) == INFRASTRUCTURE | {Transient.__name__}


def test_every_kind_of_transient_reaches_the_machine_by_the_name_it_retries() -> None:
    class Busy(Transient):
        """One of its kinds."""

    app = Api("shipping")

    @app.step
    def try_later() -> None:
        raise Busy

    with pytest.raises(Transient) as raised:
        app.steps({"step": "try_later"}, None)
    assert type(raised.value) is Transient


def test_a_resume_goes_on_behind_the_charge() -> None:
    ways = {choice["Condition"]: choice["Next"] for choice in STATES["Mode"]["Choices"]}
    assert ways["{% $states.input.mode = 'resume' %}"] == HAPPY[HAPPY.index("PaymentOutcome") + 1]


@pytest.mark.parametrize("name", list(TASKS))
def test_every_task_names_a_step_that_its_service_has(name: str) -> None:
    state = TASKS[name]
    function = re.fullmatch(r"\$\{(\w+)Steps\}", state["Resource"])
    assert function
    arguments = state["Arguments"]
    step = arguments["step"] if isinstance(arguments, dict) else re.findall(r"'step': '(\w+)'", arguments)[0]
    assert step in app_of(function[1].lower()).step_doors
    assert state["TimeoutSeconds"] <= 60


def test_the_template_gives_it_every_function_it_names_and_no_other() -> None:
    checkout = template("template.yaml")["Resources"]["Checkout"]["Properties"]
    assert Path(checkout["DefinitionUri"]).name == "checkout.asl.json"
    named = {state["Resource"].strip("${}") for state in TASKS.values()}
    assert set(checkout["DefinitionSubstitutions"]) == named
    invoked = {policy["LambdaInvokePolicy"]["FunctionName"]["Ref"] for policy in checkout["Policies"]}
    assert invoked == named


def test_every_expression_parses_and_uses_only_variables_set_on_every_way_to_it() -> None:
    set_before: dict[str, set[str]] = {MACHINE["StartAt"]: set()}
    waiting = [MACHINE["StartAt"]]
    while waiting:
        name = waiting.pop()
        state, known = STATES[name], set_before[name]
        for expression in expressions(state):
            Jsonata(expression)
            assert variables(expression) <= known, (name, expression)
        for way, after in ways_from(state, known):
            merged = after & set_before[way] if way in set_before else after
            if set_before.get(way) != merged:
                set_before[way] = merged
                waiting.append(way)


def ways_from(state: dict[str, Any], known: set[str]) -> list[tuple[str, set[str]]]:
    """Each way out of a state, with the variables set on it."""
    own = set(state.get("Assign", {}))
    ways = [(state[key], known | own) for key in ("Next", "Default") if key in state]
    for key in ("Choices", "Catch"):
        ways += [(way["Next"], known | set(way.get("Assign", {}))) for way in state.get(key, [])]
    return ways


def expressions(value: Any) -> list[str]:
    """The JSONata in a part of the definition."""
    if isinstance(value, dict):
        return [found for inner in value.values() for found in expressions(inner)]
    if isinstance(value, list):
        return [found for inner in value for found in expressions(inner)]
    return [value[2:-2]] if isinstance(value, str) and value.startswith("{%") else []


def variables(expression: str) -> set[str]:
    """The variables an expression reads."""
    return set(re.findall(r"\$(\w+)\b(?!\()", expression)) - {"states"}
