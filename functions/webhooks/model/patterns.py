"""What an endpoint may ask for: types of events, one by one or by pattern."""

ALL, WILDCARD = "*", ".*"


def matches(pattern: str, event_type: str) -> bool:
    """Whether a pattern means this type: the type itself, all of a noun (``order.*``), or everything (``*``)."""
    if pattern.endswith(WILDCARD):
        return event_type.startswith(pattern.removesuffix(ALL))
    return pattern in (ALL, event_type)


def is_known(pattern: str) -> bool:
    """Whether a pattern means anything that leaves the house."""
    from webhooks.model.public import PUBLIC  # every event there is: few requests ask for them

    return any(matches(pattern, event_type) for event_type in PUBLIC)
