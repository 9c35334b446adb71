using System.Buffers.Binary;
using System.Security.Cryptography;

namespace NetPol.Model.Rules;

/// <summary>
/// The hash behind content ids: the first 128 bits of SHA-256, big-endian. Users choose the hashed content, so the id must be long enough to
/// rule out a search for collisions. A collision of 64 bits took three minutes on one processor.
/// </summary>
public static class ContentHash
{
    /// <summary>Hashes canonical bytes. Different contents must have different bytes (<see cref="CanonicalText"/>).</summary>
    public static UInt128 Of(ReadOnlySpan<byte> canonicalBytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(canonicalBytes, digest);
        return BinaryPrimitives.ReadUInt128BigEndian(digest);
    }
}
