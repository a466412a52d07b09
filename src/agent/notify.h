/*
 * What systemd wants to hear of a service of Type=notify: a datagram to the socket that $NOTIFY_SOCKET names.
 */
#ifndef NP2NFT_AGENT_NOTIFY_H
#define NP2NFT_AGENT_NOTIFY_H

/* Sends @text ("READY=1", "WATCHDOG=1", "STATUS=…"); without a socket, and if it fails, nothing happens. */
void notify_tell(const char *text);

/* Milliseconds in which systemd wants to hear WATCHDOG=1; 0: it does not. */
long notify_watchdog(void);

#endif
