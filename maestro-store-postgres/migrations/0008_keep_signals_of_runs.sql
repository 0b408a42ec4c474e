-- How often an ended run was signalled, so that its signals are counted on when it is reopened.

alter table maestro.runs add column signals integer; -- written by the finish; null stands for 0
