"""The same work on Ray: many processes, on one machine or many; nothing else imports ray."""
