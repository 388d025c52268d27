"""What keeps scoring servers and the router in line with the records; runs in the supervisor.

In: records of endpoints, deployments and traffic. Out: processes, the routing table, health in the records.
"""
