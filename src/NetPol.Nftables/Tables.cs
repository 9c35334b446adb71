using System.Collections.Immutable;
using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>The family of a table (linux/netfilter.h, <c>NFPROTO_*</c>).</summary>
public enum TableFamily : byte
{
    /// <summary>In a request to list: all families.</summary>
    Unspecified = 0,

    /// <summary>Packets of IPv4 and IPv6 that this machine routes, receives and sends.</summary>
    Inet = 1,

    Ipv4 = 2,
    Arp = 3,
    Netdev = 5,

    /// <summary>Ethernet frames on a port of a bridge, before br_netfilter passes their packets to the other families.</summary>
    Bridge = 7,

    Ipv6 = 10,
}

/// <summary>Families in the words of nft.</summary>
internal static class TableFamilyText
{
    public static string Name(TableFamily family) => family switch
    {
        TableFamily.Ipv4 => "ip",
        TableFamily.Ipv6 => "ip6",
        _ => family.ToString().ToLowerInvariant(),
    };
}

/// <summary>A table without its content (linux/netfilter/nf_tables.h, <c>enum nft_table_attributes</c>).</summary>
/// <param name="Name">Unique in the family.</param>
/// <param name="Comment">For people; null for none.</param>
/// <param name="Flags">Its flags.</param>
internal sealed record Table(string Name, string? Comment = null, TableFlags Flags = TableFlags.None)
{
    /// <summary>The name of the table is attribute 1 in every kind of message.</summary>
    public const ushort AttributeName = 1;

    private const ushort AttributeFlags = 2;
    private const ushort AttributeUserData = 6;
    private const ushort AttributeOwner = 7;

    /// <summary>The netlink port of the socket that owns the table; null when no socket does.</summary>
    public uint? OwnerPort { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no table.</exception>
    public static Table Read(ReadOnlySpan<byte> payload)
    {
        var table = new Table("");
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            table = attributes.Type switch
            {
                AttributeName => table with { Name = attributes.ReadString() },
                AttributeFlags => table with { Flags = (TableFlags)attributes.ReadUInt32BigEndian() },
                AttributeOwner => table with { OwnerPort = attributes.ReadUInt32BigEndian() },
                AttributeUserData => table with { Comment = UserData.ReadString(attributes.Value) },
                _ => table,
            };
        }
        return table;
    }

    public void Write(MessageWriter writer)
    {
        writer.WriteString(AttributeName, Name);
        writer.WriteUInt32BigEndian(AttributeFlags, (uint)Flags);
        UserData.WriteComment(writer, AttributeUserData, Comment);
    }
}

/// <summary>The flags of a table (linux/netfilter/nf_tables.h, <c>enum nft_table_flags</c>).</summary>
[Flags]
internal enum TableFlags : uint
{
    None = 0,

    /// <summary>Packets do not meet its base chains.</summary>
    Dormant = 1,

    /// <summary>Only the socket that owns the table can change or delete it (Linux 5.12).</summary>
    Owner = 2,

    /// <summary>The table stays when the socket that owns it is closed, and another socket can become the owner (Linux 6.9).</summary>
    Persist = 4,
}

/// <summary>Which program can change a table (NFT_TABLE_F_OWNER of linux/netfilter/nf_tables.h).</summary>
public enum TableOwnership
{
    /// <summary>Every program with CAP_NET_ADMIN, and this one does not ask for more.</summary>
    Shared,

    /// <summary>Every program, because the table was created without an owner. A table gets an owner only when it is created.</summary>
    Unowned,

    /// <summary>Every program, because the owner closed its socket. A new owner can claim it.</summary>
    Orphaned,

    /// <summary>This program alone.</summary>
    Own,

    /// <summary>Another program alone.</summary>
    Foreign,
}

/// <summary>
/// The whole content of one table of the family inet. A value: equal when every object in it is equal, comments included, counts and ownership not.
/// The dictionaries are by name, ordinally.
/// </summary>
public sealed class TableState : IEquatable<TableState>
{
    public TableState(string name, string? comment, IEnumerable<Counter> counters, IEnumerable<SetState> sets, IEnumerable<ChainState> chains)
    {
        Name = name;
        Comment = comment;
        Counters = counters.ToImmutableSortedDictionary(c => c.Name, c => c, StringComparer.Ordinal);
        Sets = sets.ToImmutableSortedDictionary(s => s.Set.Name, s => s, StringComparer.Ordinal);
        Chains = chains.ToImmutableSortedDictionary(c => c.Chain.Name, c => c, StringComparer.Ordinal);
    }

    public string Name { get; }

    /// <summary>For people; null for none.</summary>
    public string? Comment { get; }

    /// <summary>The table is dormant: another program has unhooked its base chains.</summary>
    public bool IsDormant { get; init; }

    /// <summary>Which program can change the table.</summary>
    public TableOwnership Ownership { get; init; }

    public ImmutableSortedDictionary<string, Counter> Counters { get; }

    public ImmutableSortedDictionary<string, SetState> Sets { get; }

    public ImmutableSortedDictionary<string, ChainState> Chains { get; }

    public bool Equals(TableState? other) =>
        other is not null && string.Equals(Name, other.Name, StringComparison.Ordinal) &&
        string.Equals(Comment, other.Comment, StringComparison.Ordinal) && IsDormant == other.IsDormant &&
        Counters.SequenceEqual(other.Counters) && Sets.SequenceEqual(other.Sets) && Chains.SequenceEqual(other.Chains);

    public override bool Equals(object? obj) => Equals(obj as TableState);

    public override int GetHashCode() => HashCode.Combine(Name, Counters.Count, Sets.Count, Chains.Count);

    /// <summary>The text form, see <see cref="NftText.Write(TableState, TableFamily)"/>.</summary>
    public override string ToString() => NftText.Write(this);
}
