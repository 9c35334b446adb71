using Google.Protobuf;
using NetPol.Model;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol;

/// <summary>The addresses of a node on the wire.</summary>
public static class WireAddresses
{
    /// <summary>So many addresses of one node count; a node has a few for each of its bridges.</summary>
    public const int MostPerNode = 64;

    public static NodeAddresses Write(IEnumerable<IpAddress> addresses) =>
        new() { Addresses = { addresses.Select(a => UnsafeByteOperations.UnsafeWrap(a.ToBytes())) } };

    /// <returns>Sorted, each once; the first <see cref="MostPerNode"/>.</returns>
    /// <exception cref="ProtocolException">One is no address.</exception>
    public static ValueArray<IpAddress> Read(NodeAddresses wire) => wire.Addresses.Select(DeltaBuilder.Address).Distinct().Order().Take(MostPerNode).ToValueArray();
}
