"""The payments service: takes the rider's money and gives it back."""
