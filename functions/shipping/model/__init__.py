"""Zones, methods, carriers and shipments, and the rules they keep."""
