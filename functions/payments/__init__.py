"""Payments owns the money: what customers pay with, what was charged, and what was given back."""
