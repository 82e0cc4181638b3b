"""What is listed, under which rules, and when it trades."""
