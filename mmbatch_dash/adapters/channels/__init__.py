"""Ways to tell people: apprise for about a hundred services, SNS, and a plain webhook with the user's own body."""
