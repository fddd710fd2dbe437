"""What a shop needs before its first customer: an admin, a warehouse, mail templates, and a way to ship."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tools import sam
from tools.client import Client, Json
from tools.local import Stack

# (name, service type, price in minor units, days)
METHODS = [("Standard", "standard", 500, 5), ("Express", "express", 1500, 2)]


def seed(stack: Stack) -> None:
    """Put it all there, once: seeding again changes nothing."""
    told = sam.outputs(stack.endpoint_url)
    stage = told["Stage"]
    with ThreadPoolExecutor() as pool:  # each of them wakes functions for the first time
        meanwhile = [
            pool.submit(step, stack, stage, "inventory", "seed_warehouse", code="MAIN", name="Main warehouse"),
            pool.submit(step, stack, stage, "notifications", "seed_templates"),
        ]
        step(stack, stage, "auth", "seed_admin", email=stack.admin.email, password=stack.admin.password)
        open_shipping(admin(stack), told["DefaultCurrency"])
        for each in meanwhile:
            each.result()


def admin(stack: Stack) -> Client:
    """The admin, signed in."""
    return Client(stack.api_url).sign_in(stack.admin.email, stack.admin.password)


def open_shipping(client: Client, currency: str) -> None:
    """One zone for the whole world, with a standard and an express method in this currency."""
    zone = next((zone for zone in client.all("/v1/shipping-zones") if zone["type"] == "custom"), None)
    zone = zone or client.post("/v1/shipping-zones", {"name": "World", "type": "custom"}, key="seed:zone")
    there = {
        (method["name"], method["base_price"]["currency"])
        for method in client.all("/v1/shipping-methods", zone_id=zone["id"])
    }
    for name, service_type, price, days in METHODS:
        if (name, currency) not in there:
            body: Json = {
                "zone_id": zone["id"],
                "name": name,
                "carrier": "custom",
                "service_type": service_type,
                "base_price": {"amount": price, "currency": currency},
                "estimated_days": days,
            }
            client.post("/v1/shipping-methods", body, key=f"seed:{name}:{currency}")


def step(stack: Stack, stage: str, service: str, does: str, **payload: Any) -> None:
    """Have a service perform one of its steps; what it refuses is raised."""
    answer = stack.client("lambda").invoke(
        FunctionName=f"{stage}-{service}-steps", Payload=json.dumps({"step": does, **payload}).encode()
    )
    if "FunctionError" in answer:
        raise RuntimeError(f"{service}.{does} failed: {answer['Payload'].read().decode()}")
