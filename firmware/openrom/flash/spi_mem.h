/* The memory controllers SPI0 (caches) and SPI1 (the rest), as the drivers and the boot see them. */
#ifndef SPI_MEM_H
#define SPI_MEM_H

#include "openrom.h"

#define SPI_MEM(spi, offset) REG((spi) ? 0x60002000 + (offset) : 0x60003000 + (offset))
#define CMD(spi) SPI_MEM(spi, 0x00)
#define ADDR(spi) SPI_MEM(spi, 0x04)
#define CTRL(spi) SPI_MEM(spi, 0x08)
#define CTRL2(spi) SPI_MEM(spi, 0x10)
#define CLOCK(spi) SPI_MEM(spi, 0x14)
#define USER(spi) SPI_MEM(spi, 0x18)
#define USER1(spi) SPI_MEM(spi, 0x1C)
#define USER2(spi) SPI_MEM(spi, 0x20)
#define MOSI_DLEN(spi) SPI_MEM(spi, 0x24)
#define MISO_DLEN(spi) SPI_MEM(spi, 0x28)
#define MISC(spi) SPI_MEM(spi, 0x34)
#define CACHE_FCTRL(spi) SPI_MEM(spi, 0x3C)
#define W(spi, n) SPI_MEM(spi, 0x58 + 4 * (n))
#define SMEM_AC(spi) SPI_MEM(spi, 0xDC)
#define DDR(spi) SPI_MEM(spi, 0xE0)

#define CMD_USR BIT(18)
#define CMD_PE BIT(17)
#define USER_COMMAND BIT(31)
#define USER_ADDR BIT(30)
#define USER_DUMMY BIT(29)
#define USER_MISO BIT(28)
#define USER_MOSI BIT(27)
#define USER_FWRITE_QIO BIT(15)
#define USER_FWRITE_DIO BIT(14)
#define USER_FWRITE_QUAD BIT(13)
#define USER_FWRITE_DUAL BIT(12)
#define USER_WRITE_MODES (USER_FWRITE_QIO | USER_FWRITE_DIO | USER_FWRITE_QUAD | USER_FWRITE_DUAL)
#define USER_CS_SETUP BIT(7)
#define USER_CS_HOLD BIT(6)
#define CTRL_FDUMMY_OUT BIT(3)
#define CTRL_D_POL BIT(19)
#define CTRL_Q_POL BIT(18)
#define CTRL_WRSR_2B BIT(22)
#define CTRL_FCMD_DUAL BIT(7)
#define CTRL_FCMD_QUAD BIT(8)
#define CTRL_FCMD_OCT BIT(9)
#define CTRL_FADDR_OCT BIT(6)
#define CTRL_FDIN_OCT BIT(5)
#define CTRL_FDOUT_OCT BIT(4)
#define CTRL_FASTRD_MODE BIT(13)
#define CTRL_FREAD_DUAL BIT(14)
#define CTRL_FREAD_QUAD BIT(20)
#define CTRL_FREAD_DIO BIT(23)
#define CTRL_FREAD_QIO BIT(24)
#define CTRL_OCTAL (CTRL_FCMD_OCT | CTRL_FADDR_OCT | CTRL_FDIN_OCT | CTRL_FDOUT_OCT)
#define CTRL_READ_MODES                                                                                                \
    (CTRL_FASTRD_MODE | CTRL_FREAD_DUAL | CTRL_FREAD_QUAD | CTRL_FREAD_DIO | CTRL_FREAD_QIO | CTRL_FCMD_DUAL |             \
     CTRL_FCMD_QUAD | CTRL_OCTAL)
#define DDR_EN BIT(0)
#define DDR_CMD_DIS BIT(4)
#define MISC_CS0_DIS BIT(0)
#define MISC_CS1_DIS BIT(1)

#define SPI_BUFFER_BYTES 64 /* of one transaction */
#define OK 0                /* esp_rom_spiflash_result_t */
#define ERROR 1
#define TIMEOUT 2

/* esp_rom_spiflash_read_mode_t */
enum { QIO, QOUT, DIO, DOUT, FASTRD, SLOWRD, OPI_STR, OPI_DTR, OOUT, OIO_STR, OIO_DTR, QPI };

#define SR1_WIP BIT(0)
#define SR1_WEL BIT(1)
#define SR2_QE BIT(1)

enum {
    WRSR = 0x01,
    PROGRAM = 0x02,
    READ = 0x03,
    WRDI = 0x04,
    RDSR = 0x05,
    WREN = 0x06,
    FAST_READ = 0x0B,
    ERASE_SECTOR = 0x20,
    RDSR2 = 0x35,
    RELEASE = 0xAB,
    RDID = 0x9F,
    ERASE_CHIP = 0xC7,
    ERASE_BLOCK = 0xD8,
};

/* esp_rom_spiflash_legacy_data_t: applications look at it and change it, through the public pointer */
struct chip {
    uint32_t device_id, chip_size, block_size, sector_size, page_size, status_mask;
};
struct spiflash_data {
    struct chip chip;
    uint8_t dummy_length_plus[3];
    uint8_t signal_matrix;
};
extern struct spiflash_data *rom_spiflash_legacy_data;

/* spiflash_legacy_funcs_t: applications with other flash put their functions there */
struct spiflash_functions {
    uint8_t program_addr_bits, sector_addr_bits, block_addr_bits, read_addr_bits;
    uint32_t read_bytes, write_bytes;
    int (*unlock)(void);
    int (*erase_sector)(uint32_t);
    int (*erase_block)(uint32_t);
    int (*read)(uint32_t, void *, int);
    int (*write)(uint32_t, const uint32_t *, int);
    int (*write_encrypted)(uint32_t, const void *, uint32_t);
    void (*check_suspend)(void);
    int (*write_enable)(void *);
    int (*wait_idle)(void);
    int (*erase_area)(uint32_t, uint32_t);
};
extern struct spiflash_functions *rom_spiflash_legacy_funcs;

/* spiflash.c: the bit of status that frees the WP and HD lines for data */
void openrom_flash_enable_quad(void);
/* controllers.c */
void API(esp_rom_spi_set_op_mode)(int spi, int mode);

#endif
