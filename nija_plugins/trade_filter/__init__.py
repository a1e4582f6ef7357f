"""The market vetoes, one rule a file: is this entry worth its fees?"""
