"""Resources: what a client can show its user or give its model without a call, read as the tool reads it that gives it
to a model. Imported at the first question for them.
"""
