"""What the services of the shop must agree on: the kernel that runs under every door."""

import gc

# Hardly anything made while a function starts is garbage, and looking for some took a sixteenth of the time; once it
# serves, what a request leaves behind is freed as it ends, and cycles are still looked for, only less often.
gc.set_threshold(100_000)
