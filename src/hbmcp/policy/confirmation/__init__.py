"""A person is asked before a plan is sent: whether (demand), what (question), and whether an answer is for the plan of
now (quoted, answer). What they approve elsewhere waits in the store (approvals, passphrase).

The answer comes later, and the plan is made anew then: all in it must be as it was asked for, but for prices and
amounts, which may move within a tolerance that the question states.
"""
