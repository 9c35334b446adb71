namespace NetPol.Netlink.NfTables;

/// <summary>
/// Where expressions leave values for each other (linux/netfilter/nf_tables.h, <c>enum nft_registers</c>). The four registers of 16 bytes
/// and the sixteen of 4 bytes are the same memory: <see cref="R32N00"/> is the start of <see cref="R1"/>.
/// </summary>
public enum NfRegister : uint
{
    Verdict = 0,
    R1 = 1,
    R2 = 2,
    R3 = 3,
    R4 = 4,
    R32N00 = 8,
    R32N01 = 9,
    R32N02 = 10,
    R32N03 = 11,
    R32N04 = 12,
    R32N05 = 13,
    R32N06 = 14,
    R32N07 = 15,
    R32N08 = 16,
    R32N09 = 17,
    R32N10 = 18,
    R32N11 = 19,
    R32N12 = 20,
    R32N13 = 21,
    R32N14 = 22,
    R32N15 = 23,
}
