"""The plan of the headless tests."""

PLAN = """---
question: What does the treatment do?
data: df
treatment: t
outcome: y
confounders: [x1, x2, group]
placebo_outcomes: [before]
estimands: [ATE, ATT]
---
Simulated.
"""
