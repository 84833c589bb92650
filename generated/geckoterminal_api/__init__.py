"""A typed client: its requests and answers. hummingbot_api has what sends and reads them."""
