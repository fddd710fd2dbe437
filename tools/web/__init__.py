"""The pages of `web/`: built, served on this machine, tried in a browser, and published to AWS."""
