// Package store keeps what must outlive the process: sessions, their queues and packet ids, delayed wills, retained messages.
package store
