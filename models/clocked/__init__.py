"""Networks in steps of time, for comparison with what was published so; numpy, no engine."""
