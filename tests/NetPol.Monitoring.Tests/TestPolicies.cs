namespace NetPol.Monitoring.Tests;

/// <summary>Policies of the pod shop/db.</summary>
internal static class TestPolicies
{
    public const string OnePort = """
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: db, namespace: shop }
        spec: { podSelector: { matchLabels: { app: db } }, ingress: [ { ports: [ { protocol: UDP, port: 5000 } ] } ] }
        """;

    public const string TwoPorts = """
        ---
        apiVersion: networking.k8s.io/v1
        kind: NetworkPolicy
        metadata: { name: db, namespace: shop }
        spec: { podSelector: { matchLabels: { app: db } }, ingress: [ { ports: [ { protocol: UDP, port: 5000 } ] }, { ports: [ { protocol: UDP, port: 5001 } ] } ] }
        """;

    public const string Guard = """

        ---
        apiVersion: policy.networking.k8s.io/v1alpha2
        kind: ClusterNetworkPolicy
        metadata: { name: guard }
        spec:
          tier: Admin
          priority: 1
          subject: { namespaces: {} }
          ingress: [ { name: no-telnet, action: Deny, from: [ { namespaces: {} } ], protocols: [ { udp: { destinationPort: { number: 23 } } } ] } ]
        """;
}
