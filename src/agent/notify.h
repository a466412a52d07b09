/*
 * Tells systemd how the agent is: sends datagrams to the socket in $NOTIFY_SOCKET, as a service of
 * Type=notify does.
 */
#ifndef NP2NFT_AGENT_NOTIFY_H
#define NP2NFT_AGENT_NOTIFY_H

/*
 * Sends @text ("READY=1", "WATCHDOG=1", "STATUS=…").  Nothing happens if there is no socket, or if
 * sending fails.
 */
void notify_tell(const char *text);

/* Within how many milliseconds systemd expects WATCHDOG=1; 0: it does not. */
long notify_watchdog(void);

#endif
