"""The deployment on one machine, brought up for real where no image can be pulled, looked at, and taken down."""
