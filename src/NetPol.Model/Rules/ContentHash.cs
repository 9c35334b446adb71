using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NetPol.Model.Rules;

/// <summary>
/// The hash behind the ids that name something by its content: the first 128 bits of SHA-256, big-endian. Users choose what is hashed, so an id
/// must be longer than anybody can search for two contents with one hash; 64 bits took three minutes of one processor.
/// </summary>
public static class ContentHash
{
    /// <summary>Hashes canonical bytes; two contents must not have the same bytes (<see cref="CanonicalText"/>).</summary>
    public static UInt128 Of(ReadOnlySpan<byte> canonicalBytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalBytes, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
