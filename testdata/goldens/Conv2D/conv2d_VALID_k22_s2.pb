
>
inputPlaceholder*
dtype0*
shape:
ƒ
filterConst*
dtype0*ä
valueÚB×"ÀéVV¾OW¾p·¾ÇÒ>»Â	*¾Ú»>¶–Ì>SÍ?6Sİ¾2~‚¾xÃ,>tßc¾çÅ¼LD>(±Î>rĞ¾d!…>p€ã>üÿU¾·A.¿ôƒñ=ÀÌø>¦¯¾$ã.?¾œ>nŸŠ¾fÏ‹¾Ú1š>Ô–!?”®q=¸ÑV¾—>#³Z¿^q=¬!¿yü=~¾š=­I‹½lçT¿ŸM¾ÖêË¾l¿ëe½–ä¾¶È½:\g¼uÀñ½EÙİ=
M
opConv2Dinputfilter*
T0*
paddingVALID*
strides
