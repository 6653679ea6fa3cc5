"""USB0: what firmware asks the USB OTG controller when it starts it, as a host or as a device, with no cable.

Source: the vendor's SVD; Synopsys' DWC2 as ESP-IDF's hal/usb_dwc_ll.h and TinyUSB use it. The controller tells what it
is, and its resets and flushes are over at once. Every other register only keeps what is written, and is reported as USB
OTG's.

Leaves out: USB. Nobody is ever connected, no interrupt comes.
"""

from __future__ import annotations

from twincore.model import RO, W1C, WT, Field, Peripheral, Register, Registers


class USB0(Peripheral):
    """The controller's identification, reset and status."""

    size = 0x1000

    class GRSTCTL(Register, offset=0x010):
        CSFTRST = Field(0, access=WT)
        PIUFSSFTRST = Field(1, access=WT)
        FRMCNTRRST = Field(2, access=WT)
        RXFFLSH = Field(4, access=WT)
        TXFFLSH = Field(5, access=WT)
        TXFNUM = Field(10, 6)
        DMAREQ = Field(30, access=RO)
        AHBIDLE = Field(31, access=RO)

    class HPRT(Register, offset=0x440):
        PRTCONNSTS = Field(0, access=RO)
        PRTCONNDET = Field(1, access=W1C)
        PRTENA = Field(2, access=W1C)
        PRTENCHNG = Field(3, access=W1C)
        PRTOVRCURRACT = Field(4, access=RO)
        PRTOVRCURRCHNG = Field(5, access=W1C)
        PRTRES = Field(6)
        PRTSUSP = Field(7)
        PRTRST = Field(8)
        PRTLNSTS = Field(11, 10, access=RO)
        PRTPWR = Field(12)
        PRTTSTCTL = Field(16, 13)
        PRTSPD = Field(18, 17, access=RO)

    others = Registers("""
        0x014 GINTSTS 0x0 CURMOD_INT[0]:RO MODEMIS[1]:W1C OTGINT[2]:RO SOF[3]:W1C RXFLVI[4]:RO NPTXFEMP[5]:RO
          + GINNAKEFF[6]:RO GOUTNAKEFF[7]:RO ERLYSUSP[10]:W1C USBSUSP[11]:W1C USBRST[12]:W1C ENUMDONE[13]:W1C
          + ISOOUTDROP[14]:W1C EOPF[15]:W1C EPMIS[17]:W1C IEPINT[18]:RO OEPINT[19]:RO INCOMPISOIN[20]:W1C
          + INCOMPIP[21]:W1C FETSUSP[22]:W1C RESETDET[23]:W1C PRTLNT[24]:RO HCHLNT[25]:RO PTXFEMP[26]:RO
          + CONIDSTSCHNG[28]:W1C DISCONNINT[29]:W1C SESSREQINT[30]:W1C WKUPINT[31]:W1C
        0x040 GSNPSID 0x4f54400a SYNOPSYSID[31:0]:RO
        0x044 GHWCFG1 0x0 EPDIR[31:0]:RO
        0x048 GHWCFG2 0x224dd930 OTGMODE[2:0]:RO OTGARCH[4:3]:RO SINGPNT[5]:RO HSPHYTYPE[7:6]:RO FSPHYTYPE[9:8]:RO
          + NUMDEVEPS[13:10]:RO NUMHSTCHNL[17:14]:RO PERIOSUPPORT[18]:RO DYNFIFOSIZING[19]:RO MULTIPROCINTRPT[20]:RO
          + NPTXQDEPTH[23:22]:RO PTXQDEPTH[25:24]:RO TKNQDEPTH[30:26]:RO OTG_ENABLE_IC_USB[31]:RO
        0x04c GHWCFG3 0x10004b5 XFERSIZEWIDTH[3:0]:RO PKTSIZEWIDTH[6:4]:RO OTGEN[7]:RO I2CINTSEL[8]:RO VNDCTLSUPT[9]:RO
          + OPTFEATURE[10]:RO RSTTYPE[11]:RO ADPSUPPORT[12]:RO HSICMODE[13]:RO BCSUPPORT[14]:RO LPMMODE[15]:RO
          + DFIFODEPTH[31:16]:RO
        0x050 GHWCFG4 0xd3f0a030 G_NUMDEVPERIOEPS[3:0]:RO G_PARTIALPWRDN[4]:RO G_AHBFREQ[5]:RO G_HIBERNATION[6]:RO
          + G_EXTENDEDHIBERNATION[7]:RO G_ACGSUPT[12]:RO G_ENHANCEDLPMSUPT[13]:RO G_PHYDATAWIDTH[15:14]:RO
          + G_NUMCTLEPS[19:16]:RO G_IDDQFLTR[20]:RO G_VBUSVALIDFLTR[21]:RO G_AVALIDFLTR[22]:RO G_BVALIDFLTR[23]:RO
          + G_SESSENDFLTR[24]:RO G_DEDFIFOMODE[25]:RO G_INEPS[29:26]:RO G_DESCDMAENABLED[30]:RO G_DESCDMA[31]:RO
    """)

    def after_reset(self) -> None:
        self.put(self.GRSTCTL.AHBIDLE, 1)
