"""The paper exchange: a simulated exchange behind an application that answers as the Hummingbot API does."""
