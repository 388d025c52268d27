"""Plan → steps → effects → report. Does what was decided and decides nothing."""
