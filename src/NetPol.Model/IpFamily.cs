namespace NetPol.Model;

public enum IpFamily
{
    V4,
    V6,
}
