// The classic registrar with etcd's own client: a poll at the TTL that sees presence only and never lets
// go of an old lease. Its faults are meant.
package main

import (
	"context"
	"log"
	"os"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/clientv3"
)

func main() {
	endpoints, name, addr := os.Args[1], os.Args[2], os.Args[3]
	ttl, err := strconv.ParseInt(os.Args[4], 10, 64)
	if err != nil {
		log.Fatal(err)
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: strings.Split(endpoints, ";"), DialTimeout: 15 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	key := "/ns/" + name + "/" + addr
	for {
		if found, err := client.Get(context.Background(), key); err != nil {
			log.Println(err)
		} else if found.Count == 0 {
			if err := put(client, key, addr, ttl); err != nil {
				log.Println(err)
			}
		}
		time.Sleep(time.Duration(ttl) * time.Second)
	}
}

func put(client *clientv3.Client, key, value string, ttl int64) error {
	lease, err := client.Grant(context.Background(), ttl)
	if err != nil {
		return err
	}
	if _, err := client.Put(context.Background(), key, value, clientv3.WithLease(lease.ID)); err != nil {
		return err
	}
	answers, err := client.KeepAlive(context.Background(), lease.ID)
	if err != nil {
		return err
	}
	go func() {
		for {
			// The fault itself: once the channel is closed this spins.
			<-answers
		}
	}()
	return nil
}
