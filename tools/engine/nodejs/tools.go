//go:build tools

// Package tools pins Pulumi's language host for Node: go.sum locks what is built.
package tools

import _ "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"
