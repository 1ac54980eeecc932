// Command write registers as any Go program does that uses etcd's own endpoints.Manager: `write http://127.0.0.1:2379 user`, and on its
// standard input `add ADDR`, `zone ADDR ZONE` (with metadata) and `delete ADDR`, each answered by a line once etcd has done it.
// The import paths are those of 3.4 or 3.5.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	clientv3 "ETCD_CLIENT"
	"ETCD_CLIENT/naming/endpoints"
)

func main() {
	endpoint, service := os.Args[1], os.Args[2]
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{endpoint}, DialTimeout: 5 * time.Second})
	must(err)
	manager, err := endpoints.NewManager(client, service)
	must(err)
	lease, err := client.Grant(context.Background(), 60)
	must(err)
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		key, endpoint := service+"/"+words[1], endpoints.Endpoint{Addr: words[1]}
		if words[0] == "zone" {
			endpoint.Metadata = map[string]string{"zone": words[2]}
		}
		if words[0] == "delete" {
			must(manager.DeleteEndpoint(context.Background(), key))
		} else {
			must(manager.AddEndpoint(context.Background(), key, endpoint, clientv3.WithLease(lease.ID)))
		}
		fmt.Println(lines.Text())
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
