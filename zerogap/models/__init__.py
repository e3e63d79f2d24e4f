"""What is solved: instances, solutions, checkers, files, generators and exact formulations."""
